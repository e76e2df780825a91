"""From the text of a final answer to its form. `answer.read` is the way in."""

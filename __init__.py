"""Gymnasium environments in which language models learn to search inside their own context (Meta Chain-of-Thought).

The rooms, each importing only those before it: `metacot.tasks`, `metacot.rewards`, `metacot.envs`, `metacot.agents`,
and the `metacot` command in `metacot.cli`. Importing this package has no effect but its version.
"""

__version__ = "0.1.0"

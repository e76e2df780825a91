"""What expressions are worth: trees, exact and numeric values, equality, sets of real numbers."""

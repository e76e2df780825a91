"""Processes that may be killed: algebra under limits, and batches on several cores."""

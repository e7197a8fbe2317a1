"""Processes that may die: pools of workers that are watched, killed and replaced."""

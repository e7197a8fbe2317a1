"""Values: frozen, slotted, with units in their docstrings. Imports nothing but errors."""

"""The parts of verification: what two questions must share before one may answer for the other."""

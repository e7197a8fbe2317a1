"""Members of a schema against their siblings: a function of what they are now, whatever came before."""

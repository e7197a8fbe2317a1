"""XPath 1.0 with namespaces: what an expression needs to match, where its matches stand."""

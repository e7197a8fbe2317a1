"""JSONPath, RFC 9535 exactly: what a query needs to match, where its matches stand."""

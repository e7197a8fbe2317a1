"""Values that travel through the gateway: request, question, reply, policy, lookup."""

"""The LLM gateway: an OpenAI-compatible door to the model hosts, with a cache that can be trusted."""

"""The hosts that models run on: slots, breaker, health, and who is asked when one cannot answer."""

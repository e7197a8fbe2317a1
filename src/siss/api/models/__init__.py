"""The shapes of answers and bodies for OpenAPI, by resource.

``render`` makes the answers; nothing is validated on the way out.
"""

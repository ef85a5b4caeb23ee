"""The HTTP side of the hexagon: problem details, conditional and asynchronous requests, the token endpoint, OpenAPI."""

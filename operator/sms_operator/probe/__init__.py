"""One connection from here, step by step: what a gateway would meet."""

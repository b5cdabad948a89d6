"""How fast the SMPP engine is beside the clients of others; see ../README.md."""

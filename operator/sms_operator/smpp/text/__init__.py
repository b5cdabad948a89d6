"""Text on the wire: alphabets, the user data header, long messages into parts and back. Pure; time comes in."""

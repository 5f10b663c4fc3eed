"""A small plugin hub and Maven repository for the lab; standard library only."""

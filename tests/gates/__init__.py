"""Rules of the project that a person would otherwise have to remember."""

"""The team's own knowledge: read, cut up, embedded, indexed, kept current."""

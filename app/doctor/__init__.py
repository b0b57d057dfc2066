"""What ``understudy doctor`` tries: each file one part of an installation, each check for real."""

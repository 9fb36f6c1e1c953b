"""The tests, the grader, the walkthrough and the benchmark."""

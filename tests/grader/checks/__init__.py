"""What the course asks, as checks: a module for each script, with its CHECKS in their order."""


def check(sentence):
    """Mark a function that takes a Stage as a check. The sentence is for students: what is checked,
    with the script as its subject."""

    def mark(function):
        function.sentence = sentence
        return function

    return mark

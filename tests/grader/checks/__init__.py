"""What the course asks for, as checks: a module for each script, with its CHECKS in order."""


def check(sentence):
    """Mark a function that takes a Stage as a check. The sentence tells students what is checked;
    the script is its subject."""

    def mark(function):
        function.sentence = sentence
        return function

    return mark

"""The tests of the course's scripts, which are also the tool that grades anyone's: see the README."""

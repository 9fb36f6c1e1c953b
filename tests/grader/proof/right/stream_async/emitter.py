"""Callbacks registered by a decorator: @thing.on("event")."""
from collections import defaultdict
from typing import Any, Callable, TypeVar

Handler = TypeVar("Handler", bound=Callable[..., Any])


class Emitter:
    def __init__(self) -> None:
        self._handlers: dict[str, list[Callable[..., Any]]] = defaultdict(list)

    def on(self, event: str) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            self._handlers[event].append(handler)
            return handler

        return register

    def emit(self, event: str, *args: Any) -> None:
        for handler in self._handlers[event]:
            handler(*args)

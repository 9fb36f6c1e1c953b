"""A Redis client in the manner of node_redis: events, callbacks, and commands that wait for the connection."""
import asyncio
import errno
import re
from collections import deque
from typing import Any, Awaitable, Callable, Coroutine, Optional

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from emitter import Emitter
from settings import CONFIG, new_redis, reconnect_delays

Callback = Callable[[Optional[Exception], Any], None]
LOST = (RedisConnectionError, RedisTimeoutError, OSError)


def say(text: str) -> None:
    print(text, flush=True)


def print_reply(error: Optional[Exception], reply: Any) -> None:
    """redis.print"""
    say(f"Error: {error}" if error else f"Reply: {reply}")


def run(main: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(main)
    except KeyboardInterrupt:
        pass


def promisify(command: Callable[..., None]) -> Callable[..., Awaitable[Any]]:
    """Make an awaitable of a command that takes a callback."""

    def promised(*args: Any) -> Awaitable[Any]:
        future = asyncio.get_running_loop().create_future()

        def settle(error: Optional[Exception], reply: Any) -> None:
            if error:
                future.set_exception(error)
            else:
                future.set_result(reply)

        command(*args, settle)
        return future

    return promised


class Base(Emitter):
    def __init__(self) -> None:
        super().__init__()
        self.redis = new_redis()

    def _describe(self, error: BaseException) -> str:
        options = self.redis.connection_pool.connection_kwargs
        address = f"{options.get('host', '127.0.0.1')}:{options.get('port', 6379)}"
        reason: Optional[BaseException] = error
        while reason is not None:
            number = getattr(reason, "errno", None)
            if number is None and (found := re.search(r"(?:Errno|Error) (\d+)", str(reason))):
                number = int(found[1])
            if number in errno.errorcode:
                name = errno.errorcode[number]
                return f"Error: Redis connection to {address} failed - connect {name} {address}"
            reason = reason.__cause__ or reason.__context__
        return f"Error: Redis connection to {address} failed - {error}"

    async def _connect(self) -> None:
        for delay in reconnect_delays():
            try:
                await self.redis.ping()
            except (RedisError, OSError) as error:
                self.emit("error", self._describe(error))
                await asyncio.sleep(delay)
            else:
                self.emit("connect")
                return


class Client(Base):
    """Commands go out one after the other, in the order of the calls."""

    def __init__(self) -> None:
        super().__init__()
        self._commands: deque[tuple[tuple[Any, ...], Optional[Callback]]] = deque()
        self._wakeup = asyncio.Event()

    def _send(self, *command: Any, callback: Optional[Callback]) -> None:
        self._commands.append((command, callback))
        self._wakeup.set()

    def set(self, key: str, value: str, callback: Optional[Callback] = None) -> None:
        # execute_command makes True of an OK; the console wants the word
        def ok(error: Optional[Exception], reply: Any) -> None:
            if callback:
                callback(error, "OK" if reply is True else reply)

        self._send("SET", key, value, callback=ok)

    def get(self, key: str, callback: Optional[Callback] = None) -> None:
        self._send("GET", key, callback=callback)

    def hset(self, key: str, field: str, value: str, callback: Optional[Callback] = None) -> None:
        self._send("HSET", key, field, value, callback=callback)

    def hgetall(self, key: str, callback: Optional[Callback] = None) -> None:
        self._send("HGETALL", key, callback=callback)

    def publish(self, channel: str, message: str, callback: Optional[Callback] = None) -> None:
        self._send("PUBLISH", channel, message, callback=callback)

    async def run(self) -> None:
        while True:
            await self._connect()
            try:
                await self._serve()
            except LOST:
                pass

    async def _serve(self) -> None:
        while True:
            while not self._commands:
                self._wakeup.clear()
                try:
                    await asyncio.wait_for(self._wakeup.wait(), CONFIG["ping_every_ms"] / 1000)
                except asyncio.TimeoutError:
                    await self.redis.ping()
            command, callback = self._commands[0]
            error: Optional[Exception] = None
            reply: Any = None
            try:
                reply = await self.redis.execute_command(*command)
            except LOST:
                raise
            except RedisError as refused:
                error = refused
            self._commands.popleft()
            if callback:
                callback(error, reply)
            await asyncio.sleep(0)  # whoever awaits this reply goes first


class Subscriber(Base):
    """Emits "message" (channel, message) until quit() is called."""

    def __init__(self) -> None:
        super().__init__()
        self._channels: set[str] = set()
        self._quit = False

    def subscribe(self, channel: str) -> None:
        self._channels.add(channel)

    def unsubscribe(self, channel: str) -> None:
        self._channels.discard(channel)

    def quit(self) -> None:
        self._quit = True

    async def run(self) -> None:
        while not self._quit:
            await self._connect()
            pubsub = self.redis.pubsub(ignore_subscribe_messages=True)
            try:
                await pubsub.subscribe(*self._channels)
                while not self._quit:
                    got = await pubsub.get_message(timeout=None)
                    if got and got["type"] == "message":
                        self.emit("message", got["channel"], got["data"])
                await pubsub.unsubscribe()
            except LOST:
                pass
            finally:
                await pubsub.aclose()
        await self.redis.aclose()

"""config.json (beside the scripts) and the environment, and the connection made of the two."""
import json
import os
from pathlib import Path
from typing import Any

import redis.asyncio as aioredis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

CONFIG: dict[str, Any] = json.loads(Path(__file__).with_name("config.json").read_text())
REDIS_URL: str = os.environ.get("REDIS_URL") or CONFIG["redis_url"]


def new_redis() -> aioredis.Redis:
    """A client that answers with str, never retries on its own and may block for as long as it likes."""
    return aioredis.Redis.from_url(
        REDIS_URL,
        protocol=2,
        decode_responses=True,
        socket_timeout=None,
        retry=Retry(NoBackoff(), 0),
    )


def reconnect_delays():
    """Seconds to wait before each next attempt to connect."""
    delay = CONFIG["reconnect"]["first_ms"]
    while True:
        yield delay / 1000
        delay = min(delay * CONFIG["reconnect"]["factor"], CONFIG["reconnect"]["max_ms"])

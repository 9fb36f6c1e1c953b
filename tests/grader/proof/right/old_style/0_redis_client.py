import os
import sys

from redis import StrictRedis
from redis.exceptions import ConnectionError

out = sys.stdout.write
client = StrictRedis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
try:
    client.execute_command("PING")
except ConnectionError as e:
    out(f"Redis client not connected to the server: {e}\n")
    sys.exit(1)
out("Redis client connected to the server\n")

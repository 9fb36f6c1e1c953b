import os
import re
import sys

from redis import StrictRedis
from redis.exceptions import ConnectionError

out = sys.stdout.write
client = StrictRedis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"), protocol=2)
try:
    client.execute_command("PING")
except ConnectionError as e:
    out(f"Redis client not connected to the server: {e}\n")
    sys.exit(1)
out("Redis client connected to the server\n")


def quoted(text):
    if "'" in text and '"' not in text:
        return f'"{text}"'
    return "'{}'".format(text.replace("\\", "\\\\").replace("'", "\\'"))


def key(text):
    return text if re.match(r"^[a-zA-Z_][a-zA-Z0-9_]*\Z", text) else quoted(text)


for field, value in (
    ("Portland", "50"),
    ("Seattle", "80"),
    ("New York", "20"),
    ("Bogota", "20"),
    ("Cali", "40"),
    ("Paris", "2"),
):
    reply = client.execute_command("HSET", "HolbertonSchools", field, value)
    out(f"Reply: {reply}\n")

fields = [name.decode("utf-8") for name in client.execute_command("HKEYS", "HolbertonSchools")]
values = [value.decode("utf-8") for value in client.execute_command("HVALS", "HolbertonSchools")]
out("{{\n{}\n}}\n".format(",\n".join(f"  {key(f)}: {quoted(v)}" for f, v in zip(fields, values))))

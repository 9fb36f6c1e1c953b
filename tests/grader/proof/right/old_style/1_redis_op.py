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


def set_new_school(school_name, value):
    reply = client.execute_command("SET", school_name, value)
    if reply in (True, b"OK"):
        reply = "OK"
    out(f"Reply: {reply}\n")


def display_school_value(school_name):
    value = client.execute_command("GET", school_name)
    out("{}\n".format(value.decode("utf-8")))


display_school_value("Holberton")
set_new_school("HolbertonSanFrancisco", "100")
display_school_value("HolbertonSanFrancisco")

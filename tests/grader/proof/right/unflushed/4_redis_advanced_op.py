import os
import re
import sys
from urllib.parse import urlparse

import redis

url = urlparse(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
client = redis.Redis(host=url.hostname, port=url.port or 6379, decode_responses=True)
try:
    client.ping()
    print("Redis client connected to the server")
except redis.exceptions.ConnectionError as error:
    print(f"Redis client not connected to the server: {error}")
    sys.exit(1)

schools = {
    "Portland": 50,
    "Seattle": 80,
    "New York": 20,
    "Bogota": 20,
    "Cali": 40,
    "Paris": 2,
}
for school, value in schools.items():
    print("Reply:", client.hset("HolbertonSchools", school, value))

lines = []
for name, value in client.hgetall("HolbertonSchools").items():
    if not re.fullmatch("[A-Za-z_][A-Za-z_0-9]*", name):
        name = repr(name)
    lines.append(f"  {name}: {value!r}")
print("{\n" + ",\n".join(lines) + "\n}")

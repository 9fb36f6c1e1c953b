"""A hash of schools in Redis, as a class."""

import os
import re
import sys

import redis


class HolbertonSchools:
    key = "HolbertonSchools"
    word = re.compile(r"[a-zA-Z_]\w*", re.ASCII)

    def __init__(self, url):
        self.redis = redis.Redis.from_url(url, decode_responses=True)

    def connect(self):
        try:
            self.redis.ping()
        except redis.RedisError as error:
            sys.exit(print(f"Redis client not connected to the server: {error}") or 1)
        print("Redis client connected to the server")

    def store(self, **schools):
        with self.redis.pipeline() as pipe:
            for name, value in schools.items():
                pipe.hset(self.key, name, value)
            for reply in pipe.execute():
                print(f"Reply: {reply}")

    def __str__(self):
        fields = (f"  {self.name(n)}: {v!r}" for n, v in self.redis.hgetall(self.key).items())
        return "\n".join(["{", ",\n".join(fields), "}"])

    def name(self, name):
        return name if self.word.fullmatch(name) else repr(name)


if __name__ == "__main__":
    schools = HolbertonSchools(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
    schools.connect()
    schools.store(
        **{"Portland": 50, "Seattle": 80, "New York": 20, "Bogota": 20, "Cali": 40, "Paris": 2}
    )
    print(schools)

"""Schools in Redis, as a class."""

import os
import sys

import redis


class Schools:
    def __init__(self, url):
        self.redis = redis.Redis.from_url(url, decode_responses=True)
        self.redis.set_response_callback("SET", str)  # OK, and not True

    def connect(self):
        try:
            self.redis.ping()
        except redis.RedisError as error:
            print(f"Redis client not connected to the server: {type(error).__name__}: {error}")
            sys.exit(0)
        print("Redis client connected to the server")
        return self

    def set_new_school(self, school_name, value):
        print(f"Reply: {self.redis.set(school_name, value)}")

    def display_school_value(self, school_name):
        print(self.redis.get(school_name))


if __name__ == "__main__":
    schools = Schools(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")).connect()
    schools.display_school_value("Holberton")
    schools.set_new_school("HolbertonSanFrancisco", "100")
    schools.display_school_value("HolbertonSanFrancisco")

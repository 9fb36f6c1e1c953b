#!/usr/bin/env python3
"""Task 7: process the jobs of push_notification_code."""
from console_client import run, say
from job_queue import Done, Job, Queue

QUEUE_NAME = "push_notification_code"


def send_notification(phone_number: str, message: str) -> None:
    say(f"Sending notification to {phone_number}, with message: {message}")


async def main() -> None:
    queue = Queue()

    @queue.process(QUEUE_NAME)
    async def on_job(job: Job, done: Done) -> None:
        send_notification(job.data["phoneNumber"], job.data["message"])
        done()

    await queue.run()


if __name__ == "__main__":
    run(main())

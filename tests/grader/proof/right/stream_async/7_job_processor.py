#!/usr/bin/env python3
"""Task 9: process push_notification_code_2, two jobs at a time."""
from console_client import run, say
from job_queue import Done, Job, Queue

QUEUE_NAME = "push_notification_code_2"
BLACKLIST: list[str] = ["4153518780", "4153518781"]


async def send_notification(phone_number: str, message: str, job: Job, done: Done) -> None:
    await job.progress(0, 100)
    if phone_number in BLACKLIST:
        done(ValueError(f"Phone number {phone_number} is blacklisted"))
        return
    await job.progress(50, 100)
    say(f"Sending notification to {phone_number}, with message: {message}")
    done()


async def main() -> None:
    queue = Queue()

    @queue.process(QUEUE_NAME, concurrency=2)
    async def on_job(job: Job, done: Done) -> None:
        await send_notification(job.data["phoneNumber"], job.data["message"], job, done)

    await queue.run()


if __name__ == "__main__":
    run(main())

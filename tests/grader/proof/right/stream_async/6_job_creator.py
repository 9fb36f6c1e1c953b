#!/usr/bin/env python3
"""Task 6: create a job and hear what becomes of it."""
from console_client import run, say
from job_queue import Job, Queue

QUEUE_NAME = "push_notification_code"
JOB_DATA: dict[str, str] = {
    "phoneNumber": "4153518780",
    "message": "This is the code to verify your account",
}


async def main() -> None:
    queue = Queue()
    job = queue.create(QUEUE_NAME, JOB_DATA)

    @job.on("enqueue")
    def on_enqueue(job: Job) -> None:
        say(f"Notification job created: {job.id}")

    @job.on("complete")
    def on_complete(job: Job) -> None:
        say("Notification job completed")

    @job.on("failed")
    def on_failed(job: Job, error: str) -> None:
        say("Notification job failed")

    await job.save()
    await queue.run()


if __name__ == "__main__":
    run(main())

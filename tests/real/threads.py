"""Threads as Python programs use them: a queue between producers and consumers, conditions, a barrier, a pool."""
import concurrent.futures
import queue
import threading

N_ITEMS = 3000


def produce(box, first):
    for number in range(first, first + N_ITEMS):
        box.put(number)


def consume(box, sums, index):
    while (number := box.get()) is not None:
        sums[index] += number


def pass_through_queue():
    box, sums = queue.Queue(maxsize=16), [0] * 3
    consumers = [threading.Thread(target=consume, args=(box, sums, i), name=f"consumer {i}") for i in range(3)]
    producers = [threading.Thread(target=produce, args=(box, i * N_ITEMS), name=f"producer {i}") for i in range(2)]
    for thread in consumers + producers:
        thread.start()
    for thread in producers:
        thread.join()
    for _ in consumers:
        box.put(None)
    for thread in consumers:
        thread.join()
    return sum(sums)


def meet(barrier, total, lock):
    for _ in range(50):
        barrier.wait()
        with lock:
            total[0] += 1


def pass_barriers():
    barrier, total, lock = threading.Barrier(4), [0], threading.RLock()
    threads = [threading.Thread(target=meet, args=(barrier, total, lock)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return total[0]


def count_in_pool():
    with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
        return sum(pool.map(lambda number: len(str(number ** 50)), range(5000)))


def wait_with_timeout():
    event = threading.Event()
    timer = threading.Timer(0.05, event.set)
    timer.start()
    return event.wait(30) and timer.join() is None


print(pass_through_queue(), pass_barriers(), count_in_pool(), wait_with_timeout())

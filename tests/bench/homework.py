# SPDX-License-Identifier: MIT
"""OSTEP's homework on free-space management as a student would write it in Python: what
`heapscope --ostep` does, in the same words, for homework.c to measure both side by side.

    homework.py HEAP POLICY ORDER COALESCE LIST
"""
import sys

BASE = 1000


class FreeList:
    def __init__(self, size, policy, order, coalesce):
        self.policy, self.order, self.coalesce = policy, order, coalesce
        self.free = [(BASE, size)]
        self.sizes = {}

    def better(self, size, than):
        return size < than if self.policy == "BEST" else size > than

    def alloc(self, size):
        found, searched = -1, 0
        for i, (_, room) in enumerate(self.free):
            searched += 1
            if room >= size and (found < 0 or self.better(room, self.free[found][1])):
                found = i
                if self.policy == "FIRST":
                    break
        if found < 0:
            return -1, searched
        at, room = self.free[found]
        self.free[found:found + 1] = [(at + size, room - size)] if room > size else []
        self.sizes[at] = size
        return at, searched

    def release(self, at):
        if at not in self.sizes:
            return -1
        piece = (at, self.sizes.pop(at))
        if self.order == "INSERT-FRONT":
            self.free.insert(0, piece)
        else:
            self.free.append(piece)
        if self.order == "ADDRSORT":
            self.free.sort(key=lambda e: e[0])
        elif self.order == "SIZESORT+":
            self.free.sort(key=lambda e: e[1])
        elif self.order == "SIZESORT-":
            self.free.sort(key=lambda e: e[1], reverse=True)
        if self.coalesce:
            self.join()
        return 0

    def join(self):
        joined = [self.free[0]]
        for at, size in self.free[1:]:
            left, room = joined[-1]
            if left + room == at:
                joined[-1] = (left, room + size)
            else:
                joined.append((at, size))
        self.free = joined

    def dump(self):
        print("Free List [ Size %d ]: " % len(self.free), end="")
        for at, size in self.free:
            print("[ addr:%d sz:%d ]" % (at, size), end="")
        print()


def main():
    heap, policy, order, coalesce, operations = sys.argv[1:]
    free_list = FreeList(int(heap), policy, order, coalesce == "on")
    pointers, good = [], 0
    for operation in operations.split(","):
        number = int(operation[1:])
        if operation[0] == "+":
            at, searched = free_list.alloc(number)
            print("ptr[%d] = Alloc(%d) returned %d (searched %d elements)"
                  % (len(pointers), number, at, searched))
            pointers.append(at)
            good += at >= 0
        elif number < good and pointers[number] >= 0:
            print("Free(ptr[%d])\nreturned %d" % (number, free_list.release(pointers[number])))
        else:
            print("Invalid Free: Skipping\n")
            continue
        free_list.dump()
        print()


main()

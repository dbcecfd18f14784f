"""An interpreter at work, and that of an interpreter: reads arithmetic into trees, simplifies and
runs them; then counts the words of a text, and writes what came out as JSON and reads it again."""
import collections
import json
import re

TOKEN = re.compile(r"\s*(?:(\d+)|([a-z])|(.))")


class Node:
    def __init__(self, kind, *parts):
        self.kind = kind
        self.parts = parts


def tokens(text):
    for number, name, sign in TOKEN.findall(text):
        yield ("number", int(number)) if number else ("name", name) if name else (sign, sign)
    yield ("end", None)


class Parser:
    def __init__(self, text):
        self.tokens = list(tokens(text))
        self.at = 0

    def take(self, *kinds):
        kind, value = self.tokens[self.at]
        if kind not in kinds:
            return None
        self.at += 1
        return kind, value

    def chain(self, below, *signs):
        left = below()
        while sign := self.take(*signs):
            left = Node(sign[0], left, below())
        return left

    def sum(self):
        return self.chain(self.product, "+", "-")

    def product(self):
        return self.chain(self.primary, "*")

    def primary(self):
        if self.take("("):
            inner = self.sum()
            self.take(")")
            return inner
        kind, value = self.take("number", "name")
        return Node(kind, value)


def simplify(node):
    if node.kind in ("number", "name"):
        return node
    left, right = map(simplify, node.parts)
    if node.kind == "*" and 0 in (left.parts[0], right.parts[0]):
        return Node("number", 0)
    if left.kind == right.kind == "number":
        return Node("number", run(Node(node.kind, left, right), {}))
    return Node(node.kind, left, right)


def run(node, names):
    if node.kind == "number":
        return node.parts[0]
    if node.kind == "name":
        return names[node.parts[0]]
    left, right = (run(part, names) for part in node.parts)
    return left + right if node.kind == "+" else left - right if node.kind == "-" else left * right


def program(seed, depth):
    """An expression by a little arithmetic on the seed."""
    if depth <= 0:
        return "xyz"[seed % 3] if seed % 2 else str(seed % 7)
    left, right = program(seed * 5 + 1, depth - 1), program(seed * 3 + 2, depth - 1 - seed % 2)
    return f"({left} {'+-*'[seed % 3]} {right})"


results = {}
for seed in range(40):
    tree = simplify(Parser(program(seed, 5)).sum())
    results[f"program {seed}"] = [run(tree, {"x": x, "y": 2, "z": 3 * x}) for x in range(5)]

with open("text", encoding="utf-8") as text:
    words = collections.Counter(re.findall(r"[a-z]+", text.read().lower()))
results["words"] = words.most_common(500)
again = json.loads(json.dumps(results, indent=1))
print(sum(sum(v) for k, v in again.items() if k.startswith("program")), len(again["words"]))

"""A node of Maelstrom's that is not ours: broadcast by flooding, in another language."""

import json
import sys

me, neighbours, seen = None, [], []


def send(dest, body):
    print(json.dumps({"src": me, "dest": dest, "body": body}), flush=True)


for line in sys.stdin:
    message = json.loads(line)
    src, body = message["src"], message["body"]
    answer = {"type": body["type"] + "_ok", "in_reply_to": body.get("msg_id")}
    match body["type"]:
        case "init":
            me = body["node_id"]
        case "topology":
            neighbours = body["topology"][me]
        case "read":
            answer["messages"] = seen
        case "broadcast" | "flood":
            if body["message"] not in seen:
                seen.append(body["message"])
                for node in neighbours:
                    if node != src:
                        send(node, {"type": "flood", "message": body["message"]})
    if body["type"] != "flood":
        send(src, answer)

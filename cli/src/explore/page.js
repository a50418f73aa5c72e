// The tree of everything that was tried: each node holds the command that leads to it.
const root = { command: null, children: [], parent: null };
let here = root;
let head = [];

const at = (id) => document.getElementById(id);

// Splits a story into its first command and the others, without effects and comments.
function commandsOf(story) {
  let inEffects = false;
  const commands = [];
  for (const line of story.split("\n")) {
    const text = line.trim();
    if (text === "---") inEffects = true;
    else if (text === "") inEffects = false;
    else if (!inEffects && !text.startsWith("#")) commands.push(text);
  }
  return commands;
}

function pathTo(node) {
  const path = [];
  for (let one = node; one.parent; one = one.parent) path.unshift(one);
  return path;
}

// Each command is a block of its own, so that each shows its own effects.
function storyOf(node) {
  const commands = pathTo(node).map((one) => one.command);
  return [...head, ...commands].map((command) => command + "\n---\n\n").join("");
}

async function look(node) {
  const response = await fetch("/look", { method: "POST", body: storyOf(node) });
  return response.json();
}

async function go(node) {
  const answer = await look(node);
  at("error").textContent = answer.error || "";
  if (answer.error) return false;
  here = node;
  show(answer);
  return true;
}

async function choose(command) {
  const known = here.children.find((child) => child.command === command);
  if (known) return go(known);
  const child = { command, children: [], parent: here };
  here.children.push(child);
  if (!(await go(child))) child.parent.children.pop();
}

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function show({ view, picture }) {
  if (!head.length) head = commandsOf(view.story).slice(0, 1);
  showLights(view.lights);
  showTree();
  at("picture").innerHTML = picture;
  at("story").textContent = view.story;
  showNodes(view.nodes);
  showChoices(view.choices);
  at("back").disabled = !here.parent;
  at("forth").disabled = !here.children.length;
  const pane = at("picture");
  pane.scrollTop = pane.scrollHeight;
  pane.scrollLeft = pane.scrollWidth;
}

function showLights(lights) {
  at("lights").replaceChildren(...lights.map((light) => {
    const item = element("li", light.name, light.broken ? "broken" : "");
    if (light.broken) item.append(": " + light.broken);
    return item;
  }));
}

function showTree() {
  const on = new Set([root, ...pathTo(here)]);
  const item = (node) => {
    const name = (on.has(node) ? "on" : "") + (node === here ? " here" : "");
    const made = element("li", undefined, name.trim());
    const button = element("button", node.command || "start");
    button.onclick = () => go(node);
    made.append(button);
    return made;
  };
  // A way without branches stays in one column; the first branch of a fork, too.
  const column = (node) => {
    const items = [];
    for (let one = node; one; one = one.children[one.children.length - 1]) {
      const made = item(one);
      for (const side of one.children.slice(0, -1)) {
        const list = element("ol");
        list.append(...column(side));
        made.append(list);
      }
      items.push(made);
    }
    return items;
  };
  at("tree").replaceChildren(...column(root));
  at("tree").querySelector(".here")?.scrollIntoView({ block: "nearest" });
}

function showNodes(nodes) {
  at("nodes").replaceChildren(...nodes.map((node) => {
    const card = element("article", undefined, node.is_up ? "" : "down");
    card.append(element("h3", `n${node.node}${node.is_up ? "" : " is down; its disk:"}`));
    card.append(element("pre", node.state));
    return card;
  }));
}

const HARM = ["drop", "duplicate", "crash"];

function showChoices(choices) {
  const parts = [];
  const groups = new Map();
  for (const choice of choices) {
    const place = choice.node === null ? "the world" : `at n${choice.node}`;
    if (!groups.has(place)) groups.set(place, []);
    groups.get(place).push(choice);
  }
  for (const [place, list] of groups) {
    parts.push(element("h3", place));
    list.sort((one, two) => HARM.includes(one.verb) - HARM.includes(two.verb));
    for (const choice of list) {
      const button = element("button", undefined, HARM.includes(choice.verb) ? "harm" : "");
      button.append(element("b", choice.verb), choice.command.slice(choice.verb.length));
      button.onclick = () => choose(choice.command);
      parts.push(button);
    }
  }
  if (!parts.length) parts.push(element("p", "The run ended with its violation. Go back to branch."));
  at("choices").replaceChildren(...parts);
}

function save() {
  const story = at("story").textContent;
  const link = element("a");
  link.href = URL.createObjectURL(new Blob([story], { type: "text/plain" }));
  link.download = `${BEGIN.protocol}.story`;
  link.click();
  URL.revokeObjectURL(link.href);
}

at("back").onclick = () => here.parent && go(here.parent);
at("forth").onclick = () => here.children.length && go(here.children[here.children.length - 1]);
at("save").onclick = save;
at("cut").onclick = () => at("groups").value.trim() && choose(`partition ${at("groups").value}`);
document.addEventListener("keydown", (event) => {
  if (event.target.tagName === "INPUT") return;
  const act = { ArrowLeft: at("back").onclick, ArrowRight: at("forth").onclick, s: save }[event.key];
  if (act) { act(); event.preventDefault(); }
});

// A story that is given is one long way; the page opens at its end.
at("title").textContent = BEGIN.protocol;
at("what").textContent = BEGIN.what;
document.title = `${BEGIN.protocol}: explore`;
const given = commandsOf(BEGIN.story);
head = given.slice(0, 1);
let end = root;
for (const command of given.slice(1)) {
  const child = { command, children: [], parent: end };
  end.children.push(child);
  end = child;
}
go(end);

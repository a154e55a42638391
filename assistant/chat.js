/* What the page does in the browser: it passes clicks to Python and scrolls to what came back. */
window.tenkyo = (() => {
  const pass = (element, trigger, events, also = {}) =>
    element.addEventListener("click", (click) => {
      const button = click.target.closest("[data-do]");
      if (!button) return;
      const { do: name, ...data } = button.dataset;
      if (also[name]) also[name](button, data);
      else if (events.includes(name)) trigger(name, data);
    });

  /* Gradio replaces the content; whatever it does, the new content is seen here. */
  const whenever = (element, act) =>
    new MutationObserver(act).observe(element, { childList: true, subtree: true });

  const feed = (element, trigger, events) => {
    const mark = (chip) => {
      document.querySelectorAll(".chip.open").forEach((c) => c.classList.remove("open"));
      chip.classList.add("open");
    };
    element.addEventListener("click", (click) => {
      const chip = click.target.closest(".chip");
      if (chip) mark(chip);
    });
    pass(element, trigger, events);
    whenever(element, () => {
      const turns = element.querySelectorAll(".turn");
      const last = turns[turns.length - 1];
      if (last) last.scrollIntoView({ block: "end", behavior: "instant" });
    });
  };

  const pane = (element, trigger, events) => {
    let opener = null;
    const close = () => {
      document.body.classList.remove("reading");
      if (opener && opener.isConnected) opener.focus();
    };
    pass(element, trigger, events, { close });
    element.addEventListener("keydown", (key) => key.key === "Escape" && close());
    whenever(element, () => {
      const paper = element.querySelector(".paper");
      if (!paper) return;
      if (!element.contains(document.activeElement)) opener = document.activeElement;
      document.body.classList.add("reading");
      const quote = paper.querySelector("mark");
      if (quote) paper.scrollTop = quote.offsetTop - paper.clientHeight / 3;
      else paper.scrollTop = 0;
    });
  };

  return { feed, pane };
})();

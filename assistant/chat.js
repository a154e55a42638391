/* What the page does in the browser: it passes clicks to Python and scrolls to what came back. */
window.tenkyo = (() => {
  const THEME = "tenkyo-theme";

  /* Clicks on [data-do]: some are done here, those in `events` go to Python with their data. */
  const plain = (element, trigger, events, also = {}) =>
    element.addEventListener("click", (click) => {
      const button = click.target.closest("[data-do]");
      if (!button) return;
      const { do: name, confirm: question, ...data } = button.dataset;
      if (question && !window.confirm(question)) return;
      if (also[name]) also[name](button, data);
      else if (events.includes(name)) trigger(name, data);
    });

  /* Gradio replaces the content; whatever it does, the new content is seen here. */
  const whenever = (element, act) =>
    new MutationObserver(act).observe(element, { childList: true, subtree: true });

  const copy = async (button, data) => {
    try {
      await navigator.clipboard.writeText(data.text);
    } catch {
      const area = document.createElement("textarea");
      area.value = data.text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    const before = button.textContent;
    button.textContent = data.done;
    setTimeout(() => (button.textContent = before), 1500);
  };

  const feed = (element, trigger, events) => {
    element.addEventListener("click", (click) => {
      const chip = click.target.closest(".chip");
      if (!chip) return;
      document.querySelectorAll(".chip.open").forEach((c) => c.classList.remove("open"));
      chip.classList.add("open");
    });
    plain(element, trigger, events, { copy });
    let seen = 0;
    whenever(element, () => {
      const turns = element.querySelectorAll(".turn");
      const last = turns[turns.length - 1];
      const growing = last && last.querySelector("[aria-busy=true]");
      if (last && (turns.length !== seen || growing)) {
        const box = element.closest("#feed");
        box.scrollTop += last.getBoundingClientRect().top - box.getBoundingClientRect().top - 12;
      }
      seen = growing ? -1 : turns.length;
    });
  };

  const pane = (element, trigger, events) => {
    let opener = null;
    const close = () => {
      document.body.classList.remove("reading");
      if (opener && opener.isConnected) opener.focus();
    };
    plain(element, trigger, events, { close });
    document.addEventListener("keydown", (key) => key.key === "Escape" && close());
    whenever(element, () => {
      const source = element.querySelector(".source");
      if (!source) return;
      if (!element.contains(document.activeElement)) opener = document.activeElement;
      document.body.classList.add("reading");
      const paper = source.querySelector(".paper");
      if (!paper) return;
      const quote = paper.querySelector("mark, .sheet i");
      const down = quote ? quote.getBoundingClientRect().top - paper.getBoundingClientRect().top : 0;
      paper.scrollTop += quote ? down - paper.clientHeight / 3 : -paper.scrollTop;
      paper.focus({ preventScroll: true });
    });
  };

  const top = (element) => {
    const kept = localStorage.getItem(THEME);
    if (kept) document.body.classList.toggle("dark", kept === "dark");
    const theme = () =>
      localStorage.setItem(THEME, document.body.classList.toggle("dark") ? "dark" : "light");
    plain(element, () => {}, [], { theme });
  };

  /* Files over the limit are refused in the visitor's language, before Gradio does so in English. */
  const limit = (element) => {
    const check = (event) => {
      const hint = element.querySelector(".hint");
      const files = [...(event.target.files || event.dataTransfer?.files || [])];
      const large = files.filter((f) => f.size > Number(hint?.dataset.megabytes) * 2 ** 20);
      if (!event.target.closest?.("#files") || !large.length) return;
      event.stopImmediatePropagation();
      event.preventDefault();
      window.alert(hint.dataset.refusal + large.map((f) => f.name).join("、"));
    };
    document.addEventListener("change", check, true);
    document.addEventListener("drop", check, true);
  };

  const save = (file) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([file.text], { type: file.type }));
    link.download = file.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  document.documentElement.lang = navigator.language.startsWith("en") ? "en" : "ja";

  return { plain, feed, pane, top, limit, save };
})();

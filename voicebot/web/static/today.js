// 值班台 keeps itself fresh: a stream says that something has changed, and the page asks for its part again. Without a
// stream it asks every 20 seconds anyway; while the tab is hidden it does not hold one, since a browser has few
// connections and the server few streams.
"use strict";

addEventListener("DOMContentLoaded", () => {
  const live = document.getElementById("live");
  const fresh = document.getElementById("fresh");
  const RETRY_MS = 30000;
  const AGAIN_MS = 2500;
  let source = null;
  let word = live.dataset.word;
  let timer = 0;
  let again = 0;

  // A tab in the background shows in its title that somebody waits.
  const title = document.title;
  function count() {
    const waiting = Number(document.getElementById("word").dataset.waiting);
    document.title = waiting ? `（${waiting} 人等候）${title}` : title;
  }

  const ask = () => htmx.trigger(live, "pulse");

  function open() {
    clearTimeout(timer);
    if (source || document.hidden) return;
    source = new EventSource(`${live.dataset.events}?since=${encodeURIComponent(word)}`);
    source.addEventListener("changed", (event) => {
      word = event.data;
      ask();
    });
    source.addEventListener("error", () => {
      if (source && source.readyState === EventSource.CLOSED) {
        close();
        timer = setTimeout(open, RETRY_MS);
      }
    });
  }

  function close() {
    clearTimeout(timer);
    if (source) source.close();
    source = null;
  }

  function tell(text, lost) {
    fresh.textContent = text;
    fresh.classList.toggle("lost", lost);
  }

  const lost = () => tell("连接断了，正在重连…", true);
  live.addEventListener("htmx:sendError", lost);
  live.addEventListener("htmx:timeout", lost);
  live.addEventListener("htmx:responseError", () => tell("暂时取不到最新情况，正在再试…", true));
  live.addEventListener("htmx:afterOnLoad", () => {
    count();
    if (fresh.classList.contains("lost")) {
      tell("已重新连上", false);
      close();
      open();
    }
    // What is shown and what the stream has said last are the same as soon as all is quiet. Until then: once more.
    clearTimeout(again);
    if (source && document.getElementById("word").dataset.word !== word) again = setTimeout(ask, AGAIN_MS);
  });
  window.addEventListener("online", ask);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      close();
    } else {
      ask();
      open();
    }
  });
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);
  count();
  open();
});

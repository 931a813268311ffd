// Made by `make bundles` from kernel_gone.js reload.js: sha256 869c495e72aa0662da974517fbd2d13e817853b7574eeaf5c3ac68e230d3587c
"use strict";
(() => {
  // reload.js
  var KEY = "bt-reloaded-at";
  var PAUSE = 6e4;
  function reload() {
    if (Date.now() - Number(sessionStorage.getItem(KEY) ?? 0) < PAUSE) return;
    sessionStorage.setItem(KEY, String(Date.now()));
    location.reload();
  }

  // kernel_gone.js
  var RETRY = 5e3;
  reload();
  setInterval(reload, RETRY);
})();

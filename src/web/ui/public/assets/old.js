// Read by every browser, so written for the oldest: says in plain words that it is too old, instead
// of showing an empty page. It asks for the newest thing that each part of the screens needs.
(function () {
  var good = false;
  try {
    good =
      'noModule' in document.createElement('script') &&
      typeof Array.prototype.findLast === 'function' &&
      typeof AbortSignal.timeout === 'function' &&
      CSS.supports('selector(:has(a))') &&
      typeof HTMLDialogElement === 'function';
  } catch (error) {
    good = false;
  }
  if (good) return;
  function say() {
    var box = document.createElement('div');
    box.setAttribute('role', 'alert');
    box.style.cssText = 'margin:40px auto;max-width:640px;padding:0 20px;font:20px/1.6 sans-serif';
    var lines = [
      '此浏览器版本过旧，无法显示更夫的页面。请使用 2023 年以后的 Chrome、Edge、Firefox 或 Safari。',
      'This browser is too old for the pages of Gengfu. Please use Chrome, Edge, Firefox or Safari of 2023 or later.',
    ];
    for (var i = 0; i < lines.length; i++) {
      var line = document.createElement('p');
      line.appendChild(document.createTextNode(lines[i]));
      box.appendChild(line);
    }
    document.body.innerHTML = '';
    document.body.appendChild(box);
  }
  if (document.body) say();
  else window.onload = say;
})();

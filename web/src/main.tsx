import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@digital-go-jp/design-tokens/dist/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/layout.css';
import './styles/record.css';
import './styles/print.css';
import { App } from './app';
import { start, watchIdleness } from './session';
import { Boundary } from './ui/boundary';

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no root');
// The address without the slash at its end is another document than the one that links lead to;
// going there would load the page anew and lose what is typed.
if (!location.pathname.endsWith('/'))
  history.replaceState(null, '', document.baseURI + location.hash);
watchIdleness();
void start();
createRoot(root).render(
  <StrictMode>
    <Boundary>
      <App />
    </Boundary>
  </StrictMode>,
);

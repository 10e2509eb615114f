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
watchIdleness();
void start();
createRoot(root).render(
  <StrictMode>
    <Boundary>
      <App />
    </Boundary>
  </StrictMode>,
);

import { render } from 'preact';
import { App } from './app.tsx';
import { apply } from './components/theme.ts';
import { listen } from './data/live.ts';
import './styles/page.css';

apply();
listen();
render(<App />, document.getElementById('app')!);

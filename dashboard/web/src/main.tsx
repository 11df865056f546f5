import { render } from 'preact';
import './style.css';

render(<main>Cloud Provider Analytics</main>, document.getElementById('app')!);

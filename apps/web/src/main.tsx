// First: it must run before any schema is made.
import './api/zod-without-eval.ts';
import './ui/base.css';
import { createRoot } from 'react-dom/client';
import { App } from './App.tsx';

const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<App />);

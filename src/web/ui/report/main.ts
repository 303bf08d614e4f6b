import { boot } from '../shared/boot';
import '../shared/desk.css';
import Report from './Report.svelte';

boot(Report, 'page.report');

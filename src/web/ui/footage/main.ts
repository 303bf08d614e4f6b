import { boot } from '../shared/boot';
import '../shared/desk.css';
import Footage from './Footage.svelte';

boot(Footage, 'page.footage');

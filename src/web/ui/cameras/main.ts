import { boot } from '../shared/boot';
import '../shared/desk.css';
import Cameras from './Cameras.svelte';

boot(Cameras, 'page.cameras');

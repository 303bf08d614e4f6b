import { boot } from '../shared/boot';
import Wall from './Wall.svelte';
import './wall.css';

boot(Wall, 'page.wall');
